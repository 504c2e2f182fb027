// What makes the console quicker. Nothing needs it.
"use strict";
