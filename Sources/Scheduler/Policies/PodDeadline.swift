public import KubernetesModel
public import SimulationKernel

/// By when a pod is to have finished, and how long it will run, as its annotations say.
///
/// On a Job or another workload the annotations belong into the pod template.
public struct PodDeadline: Hashable, Sendable {
    /// `scheduling.simk.dev/deadline`: a calendar time (RFC 3339), or a duration after the pod's creation.
    public static let deadlineAnnotation = "scheduling.simk.dev/deadline"
    /// `scheduling.simk.dev/expected-run-time`: from the containers' start to their end; none counts as zero.
    public static let runTimeAnnotation = "scheduling.simk.dev/expected-run-time"

    /// The last moment at which the pod is on time.
    public var time: VirtualTime
    public var runTime: VirtualDuration

    /// When a pod that starts to run at a moment is expected to end.
    func finish(startingAt start: VirtualTime) -> VirtualTime { start.advancedClamping(by: runTime) }

    /// The deadline of a pod; nil for a pod without one.
    ///
    /// - Parameter epoch: the calendar time of the run's start.
    public static func of(
        _ metadata: ObjectMeta, epoch: CalendarTime
    ) throws(AnnotationError) -> PodDeadline? {
        let runTime = try AnnotationError.duration(runTimeAnnotation, in: metadata)
        guard let text = metadata.annotations[deadlineAnnotation] else { return nil }
        if let calendar = CalendarTime(rfc3339: text) {
            let seconds = calendar.unixSeconds - epoch.unixSeconds
            // Virtual time ends after 292 years.
            guard seconds.magnitude < 9_000_000_000 else {
                throw AnnotationError(
                    name: deadlineAnnotation, value: text,
                    expected: "a time within 285 years of the run's start")
            }
            let nanoseconds = Int64(calendar.nanoseconds) - Int64(epoch.nanoseconds)
            let time = VirtualTime(nanoseconds: seconds * 1_000_000_000 + nanoseconds)
            return PodDeadline(time: time, runTime: runTime ?? .zero)
        }
        guard let nanoseconds = GoDuration.nanoseconds(text), nanoseconds > 0 else {
            throw AnnotationError(
                name: deadlineAnnotation, value: text,
                expected:
                    "a time such as 2026-01-05T08:30:00Z or a duration after the pod's creation such as 30m")
        }
        let created = metadata.creationTimestamp?.time ?? .start
        return PodDeadline(
            time: created.advancedClamping(by: .nanoseconds(nanoseconds)), runTime: runTime ?? .zero)
    }
}
