/// Something that a test asked of a cluster did not come about; its text ends with the timeline.
public struct ClusterFailure: Error, CustomStringConvertible {
    public var message: String
    /// What happened in the cluster until then.
    public var timeline: String

    public var description: String { timeline.isEmpty ? message : "\(message)\n\n\(timeline)" }
}
