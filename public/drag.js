// Rows of a `form[data-arrange]` are dragged to their place; letting go sends the new order. The buttons of each row do the
// same without a mouse, and a page without scripts has only them. Loaded by the pages that have such a form.

/** The row under the hand, and the order it was taken from. */
let held, before;

const orderOf = (row) => [...row.parentElement.querySelectorAll("[data-id]")].map((one) => one.dataset.id).join();

/** What is dragged may be the text of a row. */
function rowOf({ target }) {
  const element = target instanceof Element ? target : target.parentElement;
  return element?.closest("form[data-arrange] [data-id]");
}

/** Before the row the hand is over, or behind it once the hand has passed its middle. */
function place(row, hand) {
  if (row === held || row.parentElement !== held.parentElement) return;
  const { top, height } = row.getBoundingClientRect();
  row.parentElement.insertBefore(held, hand - top > height / 2 ? row.nextSibling : row);
}

function send() {
  const form = held.closest("form");
  const order = orderOf(held);
  if (!form || order === before) return;
  form.elements.order.value = order;
  form.requestSubmit();
}

addEventListener("dragstart", (event) => {
  held = rowOf(event);
  if (!held) return;
  held.dataset.dragging = "true";
  before = orderOf(held);
});
addEventListener("dragover", (event) => {
  if (!held) return;
  // Said of the whole list: a row may also be let go between two others.
  event.preventDefault();
  const row = rowOf(event);
  if (row) place(row, event.clientY);
});
addEventListener("drop", (event) => {
  if (held) event.preventDefault();
});
addEventListener("dragend", () => {
  if (!held) return;
  delete held.dataset.dragging;
  send();
  held = undefined;
});
