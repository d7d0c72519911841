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
    ///
    /// Asked for a hundred times a second, so that it must cost little.
    static var residentBytes: Int {
        let file = unsafe open("/proc/self/statm", O_RDONLY)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = unsafe read(file, &bytes, bytes.count)
        // The second number is that of resident pages.
        var pages = 0
        var field = 0
        for byte in bytes.prefix(max(0, count)) {
            if byte == UInt8(ascii: " ") {
                field += 1
            } else if field == 1 {
                pages = pages * 10 + Int(byte) - 48
            }
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

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
