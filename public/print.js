// The one thing that a page of slips can do.
document.getElementById("print")?.addEventListener("click", () => print());
