//! Reads a roster: bytes of a CSV to rows, fields and problems. No I/O; native and Wasm.
