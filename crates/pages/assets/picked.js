// Hands what was picked to the page that has opened this window.
(function () {
  "use strict";
  var said = document.getElementById("said");
  if (window.opener) {
    window.opener.postMessage(JSON.parse(said.dataset.answer), said.dataset.origin);
    window.close();
  }
})();
