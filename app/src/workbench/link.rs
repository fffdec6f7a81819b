//! The page's end of the line to the roster worker.

use super::protocol::{Command, Report};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{File, MessageEvent, Worker, WorkerOptions, WorkerType};

/// A running worker. Dropping it ends the worker.
pub struct Link {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(JsValue)>,
}

impl Link {
    /// Starts a worker; `report` hears everything it says, `broken` hears if it cannot run.
    ///
    /// # Errors
    /// When the browser has no module workers.
    pub fn start(
        mut report: impl FnMut(Report) + 'static,
        mut broken: impl FnMut() + 'static,
    ) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/roster-worker.js", &options)?;

        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(bytes) = event.data().dyn_ref::<Uint8Array>()
                && let Ok(message) = postcard::from_bytes(&bytes.to_vec())
            {
                report(message);
            }
        });
        let on_error = Closure::<dyn FnMut(JsValue)>::new(move |_| broken());
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));

        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Says something to the worker.
    pub fn tell(&self, command: &Command) {
        self.send(command, None);
    }

    /// Says something to the worker and hands it a file.
    pub fn tell_with_file(&self, command: &Command, file: &File) {
        self.send(command, Some(file));
    }

    fn send(&self, command: &Command, file: Option<&File>) {
        let bytes = postcard::to_stdvec(command).expect("commands are plain data");
        let message = Array::of1(&Uint8Array::from(bytes.as_slice()).into());
        if let Some(file) = file {
            message.push(file);
        }
        let _ = self.worker.post_message(&message);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
