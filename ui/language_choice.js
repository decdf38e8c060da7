// The page that Streamlit serves is in English, from left to right: tell the browser otherwise.
export default function (component) {
  const [data] = component.data;
  document.documentElement.lang = data.language;
  document.documentElement.dir = data.direction;
  if (data.choice) {
    const next = location.pathname + (data.query ? `?${data.query}` : "");
    const query = new URLSearchParams({ language: data.choice, next });
    location.replace(`/sign-in/language?${query}`);
  }
}
