// Hands what was picked to the page that has opened this window, which says that it has heard it: of a window that is
// closed already it may not be told who spoke.
(function () {
  "use strict";
  var said = document.getElementById("said");
  var origin = said.dataset.origin;
  if (!window.opener) return;
  window.addEventListener("message", function (event) {
    var isHeard = event.source === window.opener && event.origin === origin && event.data === "heard";
    if (isHeard) window.close();
  });
  window.opener.postMessage(JSON.parse(said.dataset.answer), origin);
  setTimeout(function () { window.close(); }, 3000);
})();
