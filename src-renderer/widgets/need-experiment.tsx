/** What Convert, Evaluate and Deploy show where nothing has been trained. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useApp } from "../app/store.ts";
import { Empty, Page } from "./parts.tsx";

export function NeedExperiment(props: { title: string; question: string; text: string }) {
  const { t } = useTranslation();
  const go = useApp((state) => state.go);
  return (
    <Page title={props.title} question={props.question}>
      <Empty text={props.text}>
        <Button onClick={() => go("train")}>{t("Go to {{place}}", { place: t("place.train") })}</Button>
      </Empty>
    </Page>
  );
}
