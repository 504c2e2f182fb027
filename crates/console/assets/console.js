// What makes the console quicker. Nothing needs it.
"use strict";

// The previews of a form follow what is typed.
for (const form of document.querySelectorAll("form[data-previewed]")) {
  let due;
  const draw = () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("form_token");
    for (const frame of document.querySelectorAll("iframe[data-type]")) {
      fields.set("type", frame.dataset.type);
      const address = frame.src.split("?")[0] + "?" + fields;
      // In the place of what it shows, so that going back leaves the page.
      const next = frame.cloneNode();
      next.src = address;
      frame.replaceWith(next);
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(draw, 250);
  });
  for (const button of form.querySelectorAll("button[name=preview]")) button.hidden = true;
}

// Secrets are copied by a button.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "✓";
  });
}
