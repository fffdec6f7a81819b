//! The page's end of the line to the roster worker.

use super::protocol::{Command, Report, mark, marked};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{File, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Why the worker is of no use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Useless {
    /// It cannot run.
    Broken,
    /// It is of another build than the page.
    OtherBuild,
}

/// A running worker. Dropping it ends the worker.
pub struct Link {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(JsValue)>,
}

impl Link {
    /// Starts a worker; `report` hears everything it says, `useless` hears if it cannot run, or not with this page.
    ///
    /// # Errors
    /// When the browser has no module workers.
    pub fn start(
        mut report: impl FnMut(Report) + 'static,
        useless: impl Fn(Useless) + Copy + 'static,
    ) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/roster-worker.js", &options)?;

        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = event.data().dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default();
            match marked(&bytes).map(postcard::from_bytes) {
                Some(Ok(message)) => report(message),
                _ => useless(Useless::OtherBuild),
            }
        });
        let on_error = Closure::<dyn FnMut(JsValue)>::new(move |_| useless(Useless::Broken));
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
        let message = Array::of1(&Uint8Array::from(mark(&bytes).as_slice()).into());
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
