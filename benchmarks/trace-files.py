#!/usr/bin/env python3
"""Writes made-up traces after the publishers' schemas, to measure reading: trace-files.py ROWS FOLDER.

A folder a table, always the same bytes for the same number of rows. Values are drawn evenly, so nothing is to be learnt
from them but how long reading takes.
"""
import os
import random
import sys

random.seed(1)
N = int(sys.argv[1])
D = sys.argv[2]
R = random.random
I = random.randint


def w(path, lines, head=None):
    path = f"{D}/{path}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        if head:
            file.write(head + "\n")
        file.write("\n".join(lines) + "\n")


def hexadecimal(count):
    return "".join(random.choices("0123456789abcdef", k=count))


def base64(count):
    return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=count))


# Alibaba GPU 2023
shapes = [(1000 * I(1, 64), 1024 * I(1, 256)) for _ in range(157)]
time, rows = 0, []
for i in range(N):
    time += I(0, 3000)
    gpu = I(0, 2)
    cpu, memory = random.choice(shapes)
    rows.append(f"openb-pod-{i},{cpu},{memory},{min(gpu, 1)},{[0, 1000, 460][gpu]},,LS,Running,{time},{time + 1 + I(0, 90000)},{time}")
w("openb/openb_pod_list_big.csv", rows, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time")

# Alibaba 2018
time, job, rows = 0, 0, []
while len(rows) < N:
    job += 1
    time += I(0, 1)
    count = I(1, 6)
    for n in range(1, count + 1):
        name = f"M{n}" if n == 1 else f"R{n}_{n - 1}" if I(0, 1) else f"J{n}_{1}_{n - 1}" if n > 2 else f"M{n}"
        if count == 1 and I(0, 1):
            name = "task_" + base64(16).replace("+", "x").replace("/", "y")
        start = time + I(0, 600)
        rows.append(f"{name},{I(1, 300)},j_{3000000 + job},{I(1, 12)},Terminated,{start},{start + I(1, 4000)},{random.choice([50, 100, 200, 400]):.1f},{random.choice([0.1, 0.2, 0.3, 0.39, 0.49, 0.59]):.2f}")
w("alibaba-2018/batch_task.csv", rows)
rows = []
for i in range(N):
    start = I(1, 690000)
    rows.append(f"ins_{I(1, 99999999)},M{I(1, 5)},j_{I(1, 4000000)},{I(1, 12)},Terminated,{start},{start + I(1, 900)},m_{I(1, 4034)},1,1,{I(1, 200)}.0,{I(1, 300)}.0,0.{I(1, 99):02d},0.{I(1, 99):02d}")
w("alibaba-2018-instances/batch_instance.csv", rows)
w("alibaba-2018-machines/machine_usage.csv", [f"m_{I(1, 4034)},{10 * i},{I(0, 100)},{I(0, 100)},,,{I(0, 99)}.{I(0, 99):02d},{I(0, 99)}.{I(0, 99):02d},{I(0, 100)}" for i in range(N)])
w("alibaba-2018-containers/container_usage.csv", [f"c_{I(1, 71476)},m_{I(1, 4034)},{10 * i},{I(0, 100)},{I(0, 100)},1.{I(0, 99)},0.{I(0, 99)},{I(0, 5)},0.{I(0, 99):02d},0.{I(0, 99):02d},{I(0, 100)}" for i in range(N)])

# Alibaba 2017
rows = []
for i in range(N):
    start = 10 + i // 4
    rows.append(f"{start},{start + I(1, 3000)},{i // 6 + 1},{i % 6 + 1},{I(1, 400)},Terminated,{random.choice([0.5, 1, 2]):.1f},0.0{random.choice([156, 78, 31])}")
w("alibaba-2017/batch_task.csv", rows)
w("alibaba-2017-instances/batch_instance.csv", [f"{i},{i + I(1, 400)},{I(1, 12000)},{I(1, 40000)},{I(1, 1300)},Terminated,1,1,{R() * 2:.2f},{R():.2f},0.0{I(100, 999)},0.0{I(100, 999)}" for i in range(N)])
w("alibaba-2017-servers/server_usage.csv", [f"{39600 + 300 * (i // 1300)},{i % 1300 + 1},{R() * 100:.8f},{R() * 100:.8f},{R() * 100:.8f},{R() * 20:.2f},{R() * 20:.2f},{R() * 20:.2f}" for i in range(N)])
w("alibaba-2017-containers/container_usage.csv", [f"{39600 + 300 * (i // 11000)},{i % 11000 + 1},{R() * 100:.8f},{R() * 100:.8f},{R() * 10:.4f},{R() * 2:.2f},{R() * 2:.2f},{R() * 2:.2f},{R() * 2:.4f},{R() * 2:.4f},{R() * 2:.4f},{R() * 3:.4f}" for i in range(N)])

# Alibaba GPU 2020
jobs = [hexadecimal(24) for _ in range(N // 2)]
w("pai/pai_task_table.csv", [f'{random.choice(jobs)},{random.choice(["ps", "worker", "evaluator", "tensorflow", "PyTorchWorker"])}{i},{I(1, 20)}.0,Terminated,{1000000 + i * 3}.0,{1000000 + i * 3 + I(1, 5000)}.0,{random.choice([600, 400, 1200])}.0,{random.choice([29.296875, 14.6484375])},{random.choice(["", "50.0", "100.0", "25.0"])},{random.choice(["MISC", "V100M32", "T4", "CPU"])}' for i in range(N)])

# Borg 2011 and 2019
rows, csv, lines, time = [], [], [], 0
for i in range(N // 3):
    time += I(1, 20) * 1000
    start = time + I(1, 100) * 1000000
    end = start + I(1, 3000) * 1000000
    rest = f"{hexadecimal(40)},{I(0, 3)},{I(0, 11)},{R() / 8:.4g},{R() / 16:.4g},{R() / 1000:.4g},0"
    cpus, memory, priority = f"{R() / 8:.6g}", f"{R() / 16:.6g}", random.choice([103, 200, 25, 360])
    machine = I(1, 999999999)
    for kind, kind2019, moment, place in ((0, 0, time, ""), (1, 3, start, machine), (4, 6, end, machine)):
        rows.append((moment, f"{moment},,{6000000000 + i // 8},{i % 8},{place},{kind},{rest}"))
        csv.append((moment, f"{moment},{kind2019},{330000000000 + i // 8},{priority},{i % 8},{place},{cpus},{memory}"))
        lines.append((moment, f'{{"time":"{moment}","type":"{kind2019}","collection_id":"{330000000000 + i // 8}","scheduling_class":"2","collection_type":"0","priority":"{priority}","alloc_collection_id":"0","instance_index":"{i % 8}","machine_id":"{place or 0}","resource_request":{{"cpus":{cpus},"memory":{memory}}}}}'))
for entries in (rows, csv, lines):
    entries.sort(key=lambda entry: entry[0])
w("borg-2011/task_events/part-00000-of-00500.csv", [entry[1] for entry in rows])
w("borg-2019-csv/instance_events.csv", [entry[1] for entry in csv], "time,type,collection_id,priority,instance_index,machine_id,resource_request_cpus,resource_request_memory")
w("borg-2019/instance_events-000000000000.json", [entry[1] for entry in lines])
w("borg-2011-usage/task_usage/part-00000-of-00500.csv", [f"{600000000 + 300000000 * (i // 20000)},{900000000 + 300000000 * (i // 20000)},{6000000000 + I(1, 99999)},{I(0, 300)},{I(1, 999999999)},{R() / 16:.4g},{R() / 16:.4g},{R() / 16:.4g},{R() / 100:.4g},{R() / 100:.4g},{R() / 16:.4g},{R() / 1000:.4g},{R() / 1000:.4g},{R() / 8:.4g},{R() / 1000:.4g},{R() * 5:.4g},{R() / 1000:.4g},0,0,{R() / 16:.4g}" for i in range(N)])

# Azure VM 2019
subscriptions = [base64(64) for _ in range(3000)]
deployments = [base64(64) for _ in range(20000)]
w("azure-vm/vmtable.csv", [f'{base64(64)},{random.choice(subscriptions)},{random.choice(deployments)},{300 * (i // 40)},{300 * (i // 40) + 300 * I(1, 2000)},{R() * 100:.13f},{R() * 20:.13f},{R() * 40:.13f},{random.choice(["Delay-insensitive", "Interactive", "Unknown"])},{random.choice(["2", "4", "8", ">24"])},{random.choice(["4", "8", "32", ">64"])}' for i in range(N // 2)])
machines = [base64(64) for _ in range(5000)]
w("azure-vm-readings/vm_cpu_readings-file-1-of-195.csv", [f"{300 * (i // 5000)},{machines[i % 5000]},{R() * 20:.13f},{R() * 50:.13f},{R() * 40:.13f}" for i in range(N)])

# Standard Workload Format
w("swf/big.swf", ["; Version: 2.2", "; MaxProcs: 128"] + [f"{i + 1:7d} {i * 30:9d} {I(0, 900):6d} {I(1, 90000):6d} {1 << I(0, 7):4d} {R() * 1000:8.1f} {I(1, 9999):6d} {1 << I(0, 7):4d} {I(1, 90000):6d} -1 {I(0, 1)} {I(1, 400):4d} {I(1, 20)} {I(1, 90)} {I(1, 4)} -1 -1 -1" for i in range(N)])

# Alibaba spot GPU 2026: organisations that send jobs of a few shapes
shapes = [f'{organization},{random.choice(["A10", "A100-SXM4-80GB", "H800"])},{I(1, 64)},{random.choice([1, 2, 4, 8])}' for organization in range(1, 201) for _ in range(3)]
w("spot/job_info_df.csv", [f'{i + 1},{random.choice(shapes)},{I(1, 4)},{i * 30},{I(60, 400000)},{random.choice(["HP", "Spot"])}' for i in range(N)], "job_name,organization,gpu_model,cpu_request,gpu_request,worker_num,submit_time,duration,job_type")

# Alibaba DLRM 2025: applications of two roles
shapes = []
for application in range(156):
    for role, gpu in (("HN", 1), ("CN", 0)):
        cpu, rdma, memory, disk = I(1, 64), I(1, 25), I(20, 400), I(20, 900)
        shapes.append(f"{role},app_{application},{cpu},{cpu},{gpu},{gpu},{rdma},{rdma},{memory}.0,{memory}.0,{disk}.0,{disk}.0,{random.choice([-1, 8])}")
w("dlrm/disaggregated_DLRM_trace.csv", [f"instance_{i},{random.choice(shapes)},{i * 10}.0,{i * 10 + 1}.0,{i * 10 + I(60, 40000)}.0" for i in range(N)], "instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,rdma_limit,memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,creation_time,scheduled_time,deletion_time")
