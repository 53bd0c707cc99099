/* What the virtual board's start-up asks for, for programs without a board: interrupts are not used, a fault ends the program. */
void uart_receive_handler(void);
void uart_transmit_handler(void);
void tick_handler(void);
void fault_handler(void);
void _init(void);
void _fini(void);

void uart_receive_handler(void) {}
void uart_transmit_handler(void) {}
void tick_handler(void) {}
void _init(void) {}
void _fini(void) {}

/* Semihosting SYS_EXIT with a reason that QEMU turns into exit code 1 (ADP_Stopped_InternalError). */
void fault_handler(void) {
  register unsigned operation __asm("r0") = 0x18;
  register unsigned reason __asm("r1") = 0x20024;
  __asm volatile("bkpt 0xab" : : "r"(operation), "r"(reason));
  for (;;) {
  }
}
