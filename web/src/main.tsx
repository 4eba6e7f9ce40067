import "@cloudscape-design/global-styles/index.css";
import "./look.css";

import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import { apply } from "./app/theme";

apply();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
