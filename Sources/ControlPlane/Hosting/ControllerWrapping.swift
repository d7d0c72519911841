/// Puts something between a process and its controllers: a test's faults, a trace of what each one does.
///
/// Given to a ``ControllerManager``, which asks it about every controller that is added.
public protocol ControllerWrapping: Sendable {
    /// The controller that runs in the given one's place; the given one when it is to run as it is.
    func wrap(_ controller: some Controller) -> any Controller
}
