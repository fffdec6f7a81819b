//! The page's end of the line to the roster worker.

use super::protocol::{Command, Report};
use js_sys::{Array, Object, Reflect, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{File, MessageEvent, Worker, WorkerOptions, WorkerType};

#[wasm_bindgen]
extern "C" {
    /// Address of this module's own glue, so that the worker loads the very same one.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE: JsValue;
}

type Waiting = Rc<RefCell<Option<Vec<JsValue>>>>;

/// A running worker. Dropping it ends the worker.
pub struct Link {
    worker: Worker,
    /// Messages that wait until the worker has said that it is ready; `None` from then on.
    waiting: Waiting,
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

        let waiting: Waiting = Rc::new(RefCell::new(Some(Vec::new())));
        let (ready, target) = (waiting.clone(), worker.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(bytes) = event.data().dyn_ref::<Uint8Array>() {
                if let Ok(message) = postcard::from_bytes(&bytes.to_vec()) {
                    report(message);
                }
            } else if let Some(messages) = ready.borrow_mut().take() {
                for message in messages {
                    let _ = target.post_message(&message);
                }
            }
        });
        let on_error = Closure::<dyn FnMut(JsValue)>::new(move |_| broken());
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));

        let start = Object::new();
        Reflect::set(&start, &"glue".into(), &GLUE.with(JsValue::clone))?;
        Reflect::set(&start, &"module".into(), &wasm_bindgen::module())?;
        worker.post_message(&start)?;
        Ok(Self { worker, waiting, _on_message: on_message, _on_error: on_error })
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
        match self.waiting.borrow_mut().as_mut() {
            Some(waiting) => waiting.push(message.into()),
            None => {
                let _ = self.worker.post_message(&message);
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
