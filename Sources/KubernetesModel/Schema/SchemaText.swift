/// Where the generated tables live; see `tools/generate-schema.py`.
enum SchemaTables {
    static var all: [SchemaText] {
        [
            metaTypes, coreTypes, appsTypes, batchTypes, autoscaling1Types, autoscaling2Types, policyTypes,
            networkingTypes, discoveryTypes, storageTypes, coordinationTypes, schedulingTypes, nodeTypes,
            eventsTypes,
        ]
    }
}

/// The types of one API group in a compact notation, one a line.
///
/// `Name field:type …` is a struct, `Name =type` a named type; a line that begins with a space goes on with
/// the line before. After a field's name `?` means `omitempty`, `!` `omitzero`; then come patch strategies:
/// `^` for `retainKeys`, `=` for `replace`, `~key` for `merge` by a key (none for plain values).
/// `+type` is an embedded struct.
/// Types: `s` string, `b` bool, `i` int32, `l` int64, `f` float64, `y` bytes, `*T` pointer, `[T]` list,
/// `{T}` map, `{K>T}` map with named keys, `Quantity`, `IntOrString`, `Time`, `MicroTime`, `Duration`, `Raw`,
/// `.Name` of the same group, `group.Name` of another.
struct SchemaText: Sendable {
    var group: String
    /// The name of the Go package, which appears in messages.
    var goPackage: String
    var text: String

    /// The lines with their continuations, cut at spaces.
    var definitions: [[ArraySlice<UInt8>]] {
        var result: [[ArraySlice<UInt8>]] = []
        for line in Array(text.utf8).split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            if line.first == UInt8(ascii: " "), !result.isEmpty {
                result[result.count - 1] += words
            } else {
                result.append(words)
            }
        }
        return result
    }
}
