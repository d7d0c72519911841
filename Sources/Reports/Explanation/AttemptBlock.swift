import SimulationKernel
import Telemetry

/// Attempts that follow each other and came to the same are told as one.
struct AttemptBlock {
    var attempts: [PodDecisions.Attempt]

    var last: PodDecisions.Attempt? { attempts.last }

    static func blocks(_ attempts: [PodDecisions.Attempt]) -> [AttemptBlock] {
        var blocks: [AttemptBlock] = []
        for attempt in attempts {
            if attempt.node == nil, attempt.nominatedNode == nil, let last = blocks.last?.last,
                last.node == nil, last.nominatedNode == nil, last.message == attempt.message,
                last.rejections == attempt.rejections
            {
                blocks[blocks.count - 1].attempts.append(attempt)
            } else {
                blocks.append(AttemptBlock(attempts: [attempt]))
            }
        }
        return blocks
    }
}
