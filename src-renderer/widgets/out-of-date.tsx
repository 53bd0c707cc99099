/** Says that the model in hand was trained before recordings were changed, with the way to train again. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useApp } from "../app/store.ts";
import { Message } from "./parts.tsx";

export function OutOfDate() {
  const { t } = useTranslation();
  const go = useApp((state) => state.go);
  return (
    <Message
      level="warning"
      message={t("The model is out of date: recordings were changed after it was trained.")}
      hint={t("Train again, or go on with this one anyway.")}
      action={
        <Button size="xs" variant="default" style={{ marginTop: 8 }} onClick={() => go("train")}>
          {t("Go to {{place}}", { place: t("place.train") })}
        </Button>
      }
    />
  );
}
