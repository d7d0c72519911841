import Testing
@Suite("x") struct X { @Test func x() {} }
