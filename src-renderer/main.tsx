/** Starts the interface: text, engine, page. */
import "@mantine/core/styles.css";
import "@fontsource-variable/inter";
import "uplot/dist/uPlot.min.css";
import "./app/tokens.css";
import "./app/frame.css";
import "./app/parts.css";
import "./app/learn.css";
import "./app/widgets.css";
import "./widgets/signal.css";
import "./collect/collect.css";
import "./welcome/welcome.css";
import "./app/access.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { followShell } from "./app/shell.ts";
import { followEngine, useApp } from "./app/store.ts";
import { hostBridge, openChannel } from "./connection/channel.ts";
import { EngineClient } from "./connection/client.ts";
import { changeLanguage, startTranslation } from "./locales/i18n.ts";

await startTranslation();
const client = new EngineClient(openChannel(), {
  onState: (channel) => useApp.setState({ channel }),
  onWork: (fraction) => hostBridge()?.showProgress(fraction),
});
followEngine(client);
followShell(client);
// The user's own choice, which the engine keeps: the page's origin, and with it its store, may be another each time.
const untilKnown = useApp.subscribe(({ info }) => {
  if (info === null) return;
  untilKnown();
  void changeLanguage(info.language);
});
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App client={client} />);
