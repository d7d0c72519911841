// This target's sources are being written; see DESIGN in docs/explanation/architecture.md.
