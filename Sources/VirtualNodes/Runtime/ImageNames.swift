/// What a runtime calls the images of a cluster: each name is worked out once.
///
/// Shared by the kubelets of one simulation, which live in one task.
public final class ImageNames {
    struct Entry {
        /// As `docker.io/library/nginx:latest`.
        var canonical: String
        /// As `docker.io/library/nginx@sha256:…`.
        var reference: String
    }

    /// Only looked up, never iterated.
    private var entries: [String: Entry] = [:]

    public init() {}

    subscript(image: String) -> Entry {
        if let known = entries[image] { return known }
        let entry = Entry(canonical: ImageName.canonical(image), reference: ImageName.reference(image))
        // A workload may have an image a pod; what is seldom used is worked out again.
        if entries.count >= 10_000 { entries.removeAll(keepingCapacity: true) }
        entries[image] = entry
        return entry
    }
}
