// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/events/v1` (v1.36).
    static let eventsTypes = SchemaText(
        group: "events", goPackage: "v1",
        text: """
            Event +meta.TypeMeta metadata:meta.ObjectMeta eventTime:MicroTime series?:*.EventSeries
             reportingController?:s reportingInstance?:s action?:s reason?:s regarding?:core.ObjectReference
             related?:*core.ObjectReference note?:s type?:s deprecatedSource?:core.EventSource
             deprecatedFirstTimestamp?:Time deprecatedLastTimestamp?:Time deprecatedCount?:i
            EventList +meta.TypeMeta metadata?:meta.ListMeta items:[.Event]
            EventSeries count:i lastObservedTime:MicroTime
            """)
}
