import Foundation

/// What this process has used so far.
struct ProcessMeter {
    /// Processor time of all threads, in seconds.
    static var processorSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Wall time since some moment, in nanoseconds.
    static var wallNanoseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Memory that is resident now, in bytes; 0 where the system does not tell.
    static var residentBytes: Int { kilobytes("VmRSS:") * 1_024 }

    /// The most that was resident since ``resetPeak()``, in bytes.
    static var peakResidentBytes: Int { kilobytes("VmHWM:") * 1_024 }

    /// Lets the peak begin anew, where the system can do so.
    static func resetPeak() {
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }

    private static func kilobytes(_ name: String) -> Int {
        guard let handle = FileHandle(forReadingAtPath: "/proc/self/status"),
            let data = try? handle.readToEnd()
        else { return 0 }
        try? handle.close()
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
            return Int(line.dropFirst(name.count).prefix { $0 != "k" }.filter(\.isNumber)) ?? 0
        }
        return 0
    }
}
