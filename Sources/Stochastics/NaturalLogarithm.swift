/// The natural logarithm, for floors that import no C library themselves.
public func naturalLogarithm(_ value: Double) -> Double { GSL.log(value) }
