//! What the worker says becomes what the page knows.

use super::{Sending, Window, Workbench};
use crate::workbench::protocol::{Phase, Report};
use leptos::prelude::*;

impl Workbench {
    /// Shows other rows; where many of them are new, some at a time, each when those before it have been drawn.
    fn unfold(self, window: Window) {
        let turn = self.unfolding.get_value().wrapping_add(1);
        self.unfolding.set_value(turn);
        let view = self.view.get_untracked();
        let Some(step) = self.window.with_untracked(|shown| window.step(shown, view)) else {
            return self.window.set(window);
        };
        self.window.set(step);
        // What a frame's callback puts there belongs to that frame: only after it has the frame before been drawn.
        request_animation_frame(move || {
            let next = move || {
                // Unless other rows came meanwhile.
                if self.unfolding.try_get_value() == Some(turn) {
                    self.unfold(window);
                }
            };
            set_timeout(next, std::time::Duration::ZERO);
        });
    }

    pub(in crate::workbench) fn hear(self, report: Report) {
        match report {
            Report::Understood { dialect, mapping } => {
                if self.targets.with_untracked(Option::is_none)
                    && let Some(targets) = crate::workbench::memory::recall(&mapping)
                {
                    self.targets.set(Some(targets));
                    return self.read();
                }
                self.dialect.set(Some(dialect));
                self.mapping.set(Some(mapping));
            }
            Report::Sheets { names, sheet, bytes } => {
                self.sheets.set(names);
                self.sheet.set(sheet);
                self.file.update(|file| {
                    if let Some(file) = file {
                        file.to_read = bytes;
                    }
                });
            }
            Report::FileProblem { code, message, fatal } => self.problem.set(Some((code, message, fatal))),
            Report::Totals { totals, phase, elapsed_ms, can_undo, can_redo, compared, memory } => {
                // Rows at hand change with what is known of them, and when the whole file is known.
                let same = self.compared.get_untracked() == compared
                    && phase == Phase::Reading
                    && self.phase.get_untracked() == Some(Phase::Reading);
                self.compared.set(compared);
                self.memory.set(memory);
                let moved = phase != Phase::Ready || self.phase.get_untracked() != Some(Phase::Ready);
                self.totals.set(totals);
                self.elapsed_ms.set(elapsed_ms);
                if self.phase.get_untracked() != Some(phase) {
                    self.phase.set(Some(phase));
                }
                if self.can_undo.get_untracked() != can_undo {
                    self.can_undo.set(can_undo);
                }
                if self.can_redo.get_untracked() != can_redo {
                    self.can_redo.set(can_redo);
                }
                if phase == Phase::Ready && moved {
                    self.ask_rows(false);
                } else if moved && !(same && self.grew_out_of_sight()) {
                    self.refresh_rows();
                }
            }
            Report::Rows { ticket, total, first, rows } => {
                self.asking.set_value(ticket < self.ticket.get_value());
                if ticket >= self.oldest.get_value() {
                    self.unfold(Window { total, first, rows });
                }
            }
            Report::Values(values) => {
                // A count that was overtaken says nothing any more.
                if self
                    .values
                    .with_untracked(|now| now.as_ref().is_some_and(|now| now.column == values.column))
                {
                    self.values.set(Some(values));
                }
            }
            Report::PutBack { cells } => {
                self.put_back.set(cells);
                self.ask_rows(true);
            }
            Report::Absent(found) => self.absent.set(Some(found)),
            Report::Mends { import } => self.mends.set(import),
            Report::Fix(fix) => {
                if fix.is_none() {
                    self.asked_fix.update(|asked| {
                        if let Some((_, nothing)) = asked {
                            *nothing = true;
                        }
                    });
                }
                self.fix.set(fix);
            }
            Report::Export(bytes) => {
                let name = self
                    .file
                    .with_untracked(|file| file.as_ref().map(|file| file.name.clone()))
                    .unwrap_or_default();
                // Of a workbook, too, it is a CSV.
                let name = match name.rsplit_once('.') {
                    Some((stem, _)) if !self.sheets.with_untracked(Vec::is_empty) => format!("{stem}.csv"),
                    _ => name,
                };
                crate::workbench::view::download::save(&format!("problems-{name}"), &bytes);
            }
            Report::Opened { import } => self.import.set(Some(import)),
            Report::Sent { rows } => self.sending.update(|sending| {
                if let Sending::Rows { sent, waiting, .. } = sending {
                    *sent = rows;
                    *waiting = None;
                }
            }),
            Report::Waiting(why) => self.sending.update(|sending| {
                if let Sending::Rows { waiting, .. } = sending {
                    *waiting = Some(why);
                }
            }),
            Report::ProofRequired => {
                self.sending.set(Sending::Not);
                self.proof.set(true);
            }
            Report::Submitted => self.sending.set(Sending::Done),
            Report::SubmitFailed(why) => self.sending.set(Sending::Failed(why)),
        }
    }
}
