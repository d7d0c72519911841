import Testing

@testable import Stochastics

@Suite("Random streams")
struct RandomStreamTests {
    @Test("the generator is xoshiro256**: the published outputs from state 1, 2, 3, 4")
    func generatorMatchesReference() {
        var stream = RandomStream(resuming: RandomStream.Snapshot(words: (1, 2, 3, 4)))
        let drawn = (0..<10).map { _ in stream.nextBits() }
        #expect(
            drawn == [
                11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
                607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
                10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
            ])
    }

    @Test("seeding is SplitMix64: the published outputs from 1234567")
    func splitMixMatchesReference() {
        var filler = SplitMix64(state: 1_234_567)
        let drawn = (0..<5).map { _ in filler.next() }
        #expect(
            drawn == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("names are hashed by FNV-1a: the published hash of 'foobar', reached without a seed")
    func nameHashMatchesReference() {
        var streams = RandomStreams(seed: 0)
        streams.key = 0xCBF2_9CE4_8422_2325
        #expect(streams.scoped("foobar").key == 0x8594_4171_F739_67E8)
    }

    /// Worked out by an independent program from the definitions; a changed number here changes the digest of
    /// every run.
    @Test(
        "the draws of a named stream never change",
        arguments: [
            (
                UInt64(0), "",
                [
                    9_439_690_674_549_229_242, 13_015_521_872_259_801_658, 5_446_885_321_196_601_842,
                    1_975_869_182_936_904_800,
                ] as [UInt64]
            ),
            (
                42, "hold",
                [
                    13_757_519_482_290_728_060, 15_528_041_889_914_418_268, 4_043_287_832_541_444_230,
                    11_236_578_290_124_865_257,
                ]
            ),
            (
                7, "kubelet/image-pull/3",
                [
                    11_642_672_803_340_207_607, 13_912_792_130_303_765_961, 18_353_721_654_083_906_068,
                    16_467_434_581_363_996_753,
                ]
            ),
        ])
    func goldenDraws(seed: UInt64, name: String, expected: [UInt64]) {
        var stream = RandomStream(seed: seed, name: name)
        let drawn = (0..<4).map { _ in stream.nextBits() }
        #expect(drawn == expected)
    }

    @Test("every kind of draw never changes")
    func goldenKinds() {
        var stream = RandomStream(seed: 42, name: "golden")
        let uniforms = [stream.uniform(), stream.uniform()]
        let indices = (0..<8).map { _ in stream.index(below: 1_000) }
        var order = Array(0..<8)
        stream.shuffle(&order)
        let uuid = stream.uuid()
        #expect(uniforms == [0.10697668624823387, 0.4566676923332914])
        #expect(indices == [272, 650, 504, 479, 555, 894, 326, 707])
        #expect(order == [5, 0, 4, 2, 3, 1, 6, 7])
        #expect(uuid.high == 0xD303_BCC2_00F8_47BA)
        #expect(uuid.low == 0xAA6E_1EB1_2FF3_F212)
    }

    @Test("joined, scoped and indexed names are one stream")
    func namesAreJoinedBySlashes() {
        let whole = RandomStream(seed: 9, name: "failures/disk/12").snapshot
        let indexed = RandomStream(seed: 9, name: "failures/disk", index: 12).snapshot
        let streams = RandomStreams(seed: 9)
        let scoped = streams.scoped("failures").stream("disk/12").snapshot
        let twice = streams.scoped("failures").stream("disk", 12).snapshot
        #expect(whole == indexed)
        #expect(whole == scoped)
        #expect(whole == twice)
    }

    @Test("an index is hashed as its decimal digits", arguments: [0, 9, 10, 99, 100, -7, Int.max, Int.min])
    func indicesAreHashedAsText(index: Int) {
        let streams = RandomStreams(seed: 1)
        #expect(streams.scoped(index) == streams.scoped(String(index)))
    }

    @Test("seeds, names and indices all tell streams apart")
    func namesDiffer() {
        var seen: Set<UInt64> = []
        for seed in 0..<20 as Range<UInt64> {
            for index in 0..<500 {
                var stream = RandomStream(seed: seed, name: "n", index: index)
                seen.insert(stream.nextBits())
                var other = RandomStream(seed: seed, name: "m", index: index)
                seen.insert(other.nextBits())
            }
        }
        #expect(seen.count == 20_000)
    }

    @Test("a snapshot resumes the sequence, and drawing through it moves it on")
    func snapshotResumes() {
        var stream = RandomStream(seed: 3, name: "a")
        _ = stream.nextBits()
        var snapshot = stream.snapshot
        let ahead = (0..<5).map { _ in stream.nextBits() }
        let again = (0..<5).map { _ in snapshot.withStream { $0.nextBits() } }
        #expect(ahead == again)
        #expect(snapshot == stream.snapshot)
    }

    @Test("the open interval's ends are 2⁻⁵³ away", arguments: [UInt64(0), .max])
    func uniformStaysInside(bits: UInt64) {
        let value = (Double(bits >> 12) + 0.5) * 0x1p-52
        #expect(value == (bits == 0 ? 0x1p-53 : 1 - 0x1p-53))
    }

    // Significance of all tests below: 0.1 % each, on fixed seeds, so they either always pass or always fail.

    @Test(
        "uniform draws are uniform (KS, chi-square over 1,000 cells)", arguments: 1...5 as ClosedRange<UInt64>
    )
    func uniformity(seed: UInt64) throws {
        var stream = RandomStream(seed: seed, name: "uniformity")
        var cells = Array(repeating: 0, count: 1_000)
        var sample: [Double] = []
        for _ in 0..<100_000 {
            let value = stream.uniform()
            sample.append(value)
            cells[Int(value * 1_000)] += 1
        }
        let distance = try #require(GoodnessOfFit.kolmogorovSmirnov(sample) { $0 })
        #expect(distance.pValue > 0.001)
        let fit = try #require(
            GoodnessOfFit.chiSquare(observed: cells, expected: Array(repeating: 100, count: 1_000)))
        #expect(fit.pValue > 0.001)
    }

    @Test("successive pairs fill the square evenly (chi-square, 32 × 32 cells)")
    func serialUniformity() throws {
        var stream = RandomStream(seed: 11, name: "pairs")
        var cells = Array(repeating: 0, count: 1_024)
        for _ in 0..<102_400 {
            let cell = Int(stream.uniform() * 32) * 32 + Int(stream.uniform() * 32)
            cells[cell] += 1
        }
        let fit = try #require(
            GoodnessOfFit.chiSquare(observed: cells, expected: Array(repeating: 100, count: 1_024)))
        #expect(fit.pValue > 0.001)
    }

    @Test("the first draws of streams that differ in a number only are uniform and independent")
    func neighbouringStreamsAreIndependent() throws {
        let streams = RandomStreams(seed: 5).scoped("failures")
        var first: [Double] = []
        for index in 0..<50_000 {
            var stream = streams.stream("node", index)
            first.append(stream.uniform())
        }
        let distance = try #require(GoodnessOfFit.kolmogorovSmirnov(first) { $0 })
        #expect(distance.pValue > 0.001)
        // Neighbours as pairs: a lag-1 correlation of n pairs has standard deviation 1 ∕ √n.
        let correlation = Self.correlation(Array(first.dropLast()), Array(first.dropFirst()))
        #expect(abs(correlation) < 3.29 / 50_000.0.squareRoot())
    }

    @Test(
        "streams of different names, and of different seeds, are uncorrelated",
        arguments: [("a", "b"), ("kubelet/1", "kubelet/2"), ("x", "x/0"), ("", "0")])
    func namesAreUncorrelated(first: String, second: String) {
        func draws(_ seed: UInt64, _ name: String) -> [Double] {
            var stream = RandomStream(seed: seed, name: name)
            return (0..<20_000).map { _ in stream.uniform() }
        }
        let bound = 3.29 / 20_000.0.squareRoot()
        #expect(abs(Self.correlation(draws(1, first), draws(1, second))) < bound)
        #expect(abs(Self.correlation(draws(1, first), draws(2, first))) < bound)
    }

    @Test("indices below a bound are equally likely", arguments: [1, 2, 3, 7, 10, 100])
    func indexUniformity(bound: Int) throws {
        var stream = RandomStream(seed: 8, name: "index", index: bound)
        var counts = Array(repeating: 0, count: bound)
        for _ in 0..<(bound * 1_000) { counts[stream.index(below: bound)] += 1 }
        if bound == 1 {
            #expect(counts == [1_000])
            return
        }
        let fit = try #require(
            GoodnessOfFit.chiSquare(observed: counts, expected: Array(repeating: 1_000, count: bound)))
        #expect(fit.pValue > 0.001)
    }

    @Test("an index is unbiased even where the bound is near 2⁶³, where plain modulo would not be")
    func largeBoundIsUnbiased() {
        // With bound = 3 · 2⁶¹, modulo would give the lowest third of the range half as often again.
        let bound = 3 << 61
        var stream = RandomStream(seed: 2, name: "large")
        var low = 0
        for _ in 0..<30_000 where stream.index(below: bound) < bound / 3 { low += 1 }
        // Binomial(30,000, 1/3): standard deviation 81.6.
        #expect(abs(low - 10_000) < 269)
    }

    @Test("all orders of four elements are equally likely")
    func shuffleUniformity() throws {
        var stream = RandomStream(seed: 4, name: "shuffle")
        var counts: [[Int]: Int] = [:]
        for _ in 0..<24_000 {
            var order = [0, 1, 2, 3]
            stream.shuffle(&order)
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 24)
        let fit = try #require(
            GoodnessOfFit.chiSquare(
                observed: Array(counts.values), expected: Array(repeating: 1_000, count: counts.count)))
        #expect(fit.pValue > 0.001)
    }

    @Test("a UUID carries version 4 and the RFC's variant, and differs each time")
    func uuidShape() {
        var stream = RandomStream(seed: 6, name: "uid")
        var seen: Set<[UInt64]> = []
        for _ in 0..<1_000 {
            let (high, low) = stream.uuid()
            #expect((high >> 12) & 0xF == 4)
            #expect(low >> 62 == 0b10)
            seen.insert([high, low])
        }
        #expect(seen.count == 1_000)
    }

    private static func correlation(_ first: [Double], _ second: [Double]) -> Double {
        let (one, two) = (MeanAccumulator(first), MeanAccumulator(second))
        var sum = 0.0
        for (x, y) in zip(first, second) { sum += (x - (one.mean ?? 0)) * (y - (two.mean ?? 0)) }
        let deviations = (one.standardDeviation ?? 0) * (two.standardDeviation ?? 0)
        return sum / Double(first.count - 1) / deviations
    }
}
