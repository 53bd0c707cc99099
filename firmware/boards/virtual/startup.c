/* Vectors and the way from reset to main, for Cortex-M4F. */
#include <stdint.h>

extern uint32_t __stack_top, __data_load, __data_start, __data_end, __bss_start, __bss_end;
extern void (*__init_array_start[])(void);
extern void (*__init_array_end[])(void);

int main(void);
void uart_receive_handler(void);
void uart_transmit_handler(void);
void tick_handler(void);
void fault_handler(void);
void reset_handler(void);

void reset_handler(void) {
  /* CPACR: full access to the floating-point unit (ARMv7-M Architecture Reference Manual, B3.2.20). */
  *(volatile uint32_t *)0xe000ed88u |= 0xfu << 20;
  __asm volatile("dsb\n isb");
  uint32_t *from = &__data_load;
  for (uint32_t *to = &__data_start; to < &__data_end;) *to++ = *from++;
  for (uint32_t *to = &__bss_start; to < &__bss_end;) *to++ = 0;
  for (void (**f)(void) = __init_array_start; f < __init_array_end; f++) (*f)();
  main();
}

typedef void (*vector)(void);

/* Only interrupts 0 and 1 are used: UART 0 received, UART 0 sent. */
__attribute__((section(".vectors"), used)) static const vector VECTORS[18] = {
    (vector)(uintptr_t)&__stack_top,
    reset_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    0,
    0,
    0,
    0,
    fault_handler,
    fault_handler,
    0,
    fault_handler,
    tick_handler,
    uart_receive_handler,
    uart_transmit_handler,
};
