/// Elementary functions of the C library, for floors that import none.
public enum Elementary {
    public static func exp(_ x: Double) -> Double { GSL.exp(x) }
}
