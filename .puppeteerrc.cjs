// The tests use an installed Chrome or Chromium (tests/browser/find-chrome.ts) and download one only
// when there is none, so a plain `npm install` neither downloads a browser nor fails without a network.
module.exports = { skipDownload: true };
