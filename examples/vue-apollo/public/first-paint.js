// Runs before the first paint. The names are those of src/stores/preferences.ts.
(function () {
  var root = document.documentElement;
  function read(key) {
    try {
      return localStorage.getItem(key);
    } catch (_) {
      return null;
    }
  }
  var theme = read('menjin.theme');
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.classList.toggle('dark', dark);
  var asked = new URLSearchParams(location.search).get('lang');
  var language = asked || read('menjin.language') || navigator.language || 'zh-CN';
  root.lang = /^zh/i.test(language) ? 'zh-CN' : 'en';
})();
