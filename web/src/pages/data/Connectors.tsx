import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";

import { useStore } from "../../api/store";
import { description } from "../../api/description";
import { useGet } from "../../api/hooks";
import { Anything } from "../../parts/Anything";
import { Failure, Loading, NotHere } from "../../parts/Told";

/** Systems that rows come from by themselves, where this server has such a route. */
export function Connectors() {
  const paths = Object.keys(useStore(description)?.paths ?? {});
  const route = paths.find((path) => path.startsWith("/connectors") && !path.includes("{"));
  const found = useGet<unknown>(route ?? null);
  return (
    <Container header={<Header variant="h2" description="Other systems that bring rows by themselves.">Connectors</Header>}>
      {!route ? <NotHere what="Connectors" route="/connectors" /> : found.problem ? <Failure problem={found.problem} again={found.again} /> : found.data ? <Anything value={found.data} /> : <Loading />}
    </Container>
  );
}
