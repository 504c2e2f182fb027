// Tells the page that has opened this window how the user has answered, at the origin that it has named and at no other.
// Once it says that it has heard, there is a button that leads back to it. Until then, and without it, the page says that
// it can be closed.
(function () {
  "use strict";
  var result = document.getElementById("kaipiao-result");
  var back = document.getElementById("kaipiao-back");
  var origin = result.dataset.opener;
  if (!window.opener) return;
  window.addEventListener("message", function (event) {
    var isHeard = event.source === window.opener && event.origin === origin && event.data === "heard";
    if (isHeard) back.hidden = false;
  });
  back.addEventListener("click", function () { window.close(); });
  window.opener.postMessage(JSON.parse(result.textContent), origin);
})();
