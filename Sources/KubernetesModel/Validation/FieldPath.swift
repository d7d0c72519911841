/// A place within an object, spelt as the API server spells it: `spec.containers[0].env[2].name`.
///
/// Upstream: `apimachinery/pkg/util/validation/field/path.go` (v1.36).
public struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    /// The path as messages have it.
    public let description: String

    /// Makes a path of its text.
    public init(_ text: String = "") { description = text }

    /// A named member of this place.
    public func child(_ name: String) -> FieldPath {
        FieldPath(description.isEmpty ? name : "\(description).\(name)")
    }

    /// A member below a chain of names.
    public func child(_ first: String, _ second: String, _ more: String...) -> FieldPath {
        more.reduce(child(first).child(second)) { $0.child($1) }
    }

    /// An element of the list at this place.
    public func index(_ position: Int) -> FieldPath { FieldPath("\(description)[\(position)]") }

    /// An entry of the map at this place.
    public func key(_ name: String) -> FieldPath { FieldPath("\(description)[\(name)]") }
}
