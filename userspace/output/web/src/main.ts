import { readData } from "./data";
import { Page } from "./page";

new Page(readData());
document.documentElement.dataset.ready = "true"; // for tests
