/** Keeps a fault in one place from taking the whole window away: says so there, and the side bar still leads elsewhere. */
import { Button } from "@mantine/core";
import i18next from "i18next";
import { Component, type ReactNode } from "react";
import { Message } from "../widgets/parts.tsx";

type State = { readonly fault: string | null };

export class PlaceGuard extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { fault: null };

  static getDerivedStateFromError(error: unknown): State {
    return { fault: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { t } = i18next;
    if (this.state.fault === null) return this.props.children;
    return (
      <div className="page">
        <Message
          level="error"
          message={t("This place cannot be shown.")}
          hint={t("What was saved is unharmed. If it happens again, save a report under “Project file”.")}
          action={
            <>
              <p className="soft small">{this.state.fault.slice(0, 300)}</p>
              <Button size="xs" variant="default" onClick={() => this.setState({ fault: null })}>
                {t("Show it again")}
              </Button>
            </>
          }
        />
      </div>
    );
  }
}
