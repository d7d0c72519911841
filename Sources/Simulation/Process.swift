import ControlPlane
import KubernetesModel
import SimulationKernel

/// A call on its way to the API server or back.
public struct CallInFlight: Sendable {
    var process: ProcessID
    /// Answers for an earlier life of the process are thrown away.
    var incarnation: UInt32
    var token: CallToken
    /// Nil once it was handled.
    var request: APIRequest?
    var result: APIResult?
}

/// What a process watches.
enum Subscription {
    case nothing
    /// Every object of every kind: a shared cache, as the scheduler's and the controller manager's.
    case everything
    /// The ends of the workload's own pods.
    case ownPods
    /// The node's own object and the pods bound to it.
    case node(String)
}

/// What a process does in the cluster.
enum ProcessRole: Hashable {
    /// Whoever types kubectl commands.
    case user
    case scheduler(Int)
    case controllerManager(Int)
    /// The sidecars of the storage driver: provisioner and attacher.
    case storage
    /// A process with controllers that are not Kubernetes' own.
    case customControllers(Int)
    case kubelet(Int)
    /// Whoever brings the workload.
    case workload
}

/// The simulation's record of one process: its connection, its clients and its alarm.
struct Process {
    let role: ProcessRole
    let name: String
    var subscription = Subscription.nothing
    /// False while the process is dead: it gets nothing and sends nothing.
    var isRunning = true
    /// False while the network between it and the API server is cut.
    var isConnected = true
    var incarnation: UInt32 = 0
    /// One limit a client; the last one is the event broadcaster's.
    var clients: [TokenBucket]
    var correlator: EventCorrelator
    /// Watch events under way, with the moment of their arrival.
    var inbox: ContiguousArray<(time: VirtualTime, event: WatchEvent)> = []
    /// Whether the next delivery is the process's first: the whole state.
    var awaitsSnapshot = false
    /// The moment for which a delivery is scheduled already.
    var nextDelivery = VirtualTime.never
    var alarm: EventHandle?
    var alarmTime = VirtualTime.never

    init(_ role: ProcessRole, name: String, clients: [TokenBucket], host: String = "") {
        self.role = role
        self.name = name
        self.clients = clients
        self.correlator = EventCorrelator(host: host)
    }
}
