import Checking
import Foundation
import PlantedBugs

/// Prints how many runs it takes to find each planted bug, and how small its scenario gets.
///
/// The runs are those of ten hunts with different seeds: the median and the most. The size is that of the
/// first hunt's shrunk scenario.
var options = CheckOptions(runs: 1_000, seed: 1)
options.workers = ProcessInfo.processInfo.activeProcessorCount
print("| bug | found by | runs: median | most | before | shrunk to | in runs |")
print("|---|---|---|---|---|---|---|")
for bug in PlantedBug.allCases {
    var counts: [Int] = []
    var line = ""
    for hunt in 0..<10 {
        options.seed = UInt64(1 + 10_000 * hunt)
        let check = try BugHunt(bug, options: options).check()
        guard let finding = check.run().finding else {
            counts.append(options.runs)
            continue
        }
        counts.append(max(1, finding.run))
        if hunt == 0 {
            let shrunk = check.shrunk(finding)
            let before = ShrunkScenario.Size(of: finding.scenario).text
            line = "\(before) | \(shrunk.size.text) | \(shrunk.runs)"
            line = "\(finding.failure.name) | MEDIAN | MOST | \(line)"
        }
    }
    counts.sort()
    line = line.replacingOccurrences(of: "MEDIAN", with: "\(counts[5])")
        .replacingOccurrences(of: "MOST", with: "\(counts[9])")
    print("| \(bug.rawValue) | \(line) |")
}
