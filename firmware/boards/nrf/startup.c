/*
 * Vectors and the way from reset to main, for boards with nRF52833 or nRF52840 (Cortex-M4F), and nRF51822 (Cortex-M0). A bootloader may
 * have run before and may have left interrupts on.
 */
#include <stdint.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

extern uint32_t __stack_top, __data_load, __data_start, __data_end, __bss_start, __bss_end;
extern void (*__init_array_start[])(void);
extern void (*__init_array_end[])(void);

int main(void);
void reset_handler(void);
void fault_handler(void);

/* Handlers that a board's drivers bring; where they are missing, the interrupt is never let through. */
#define HANDLER(name) void name(void) __attribute__((weak, alias("fault_handler")))
HANDLER(uart_handler);
HANDLER(twim_handler);
HANDLER(saadc_handler);
HANDLER(chip_tick_handler);
HANDLER(sensor_tick_handler);
HANDLER(chip_rest_handler);
HANDLER(pdm_handler);
HANDLER(usbd_handler);

typedef void (*vector)(void);

#define INTERRUPTS 48

/* Numbers of interrupts: the peripherals' ids. */
__attribute__((section(".vectors"), used)) const vector VECTORS[16 + INTERRUPTS] = {
    [0] = (vector)(uintptr_t)&__stack_top,
    [1] = reset_handler,
    [2] = fault_handler,
    [3] = fault_handler,
    [4] = fault_handler,
    [5] = fault_handler,
    [6] = fault_handler,
    [11] = fault_handler,
    [12] = fault_handler,
    [14] = fault_handler,
    [15] = fault_handler,
    [16 + NRF_INTERRUPT(UART0_BASE)] = uart_handler,
    [16 + NRF_INTERRUPT(TWIM0_BASE)] = twim_handler,
    [16 + NRF_INTERRUPT(SAADC_BASE)] = saadc_handler,
    [16 + NRF_INTERRUPT(TIMER_BASE(0))] = chip_tick_handler,
    [16 + NRF_INTERRUPT(TIMER_BASE(1))] = sensor_tick_handler,
    [16 + NRF_INTERRUPT(RTC1_BASE)] = chip_rest_handler,
    [16 + NRF_INTERRUPT(PDM_BASE)] = pdm_handler,
    [16 + NRF_INTERRUPT(USBD_BASE)] = usbd_handler,
};

/* A board that is stuck on a machine cannot be reached: it starts anew. A model that was to blame counts as tried by then. */
void fault_handler(void) {
  nrf_set(SCB_AIRCR, SCB_AIRCR_SYSRESETREQ);
  for (;;) {
  }
}

void reset_handler(void) {
  nrf_lock();
#if defined(__ARM_ARCH_7EM__)
  for (uint32_t i = 0; i < (INTERRUPTS + 31u) / 32u; i++) {
    nrf_set(NVIC_ICER(i), 0xffffffffu);
    nrf_set(NVIC_ICPR(i), 0xffffffffu);
  }
  nrf_set(SCB_VTOR, (uint32_t)(uintptr_t)VECTORS);
  /* Full access to the floating-point unit. */
  nrf_set(SCB_CPACR, nrf_get(SCB_CPACR) | (0xfu << 20));
  __asm volatile("dsb\n isb");
#endif
  uint32_t *from = &__data_load;
  for (uint32_t *to = &__data_start; to < &__data_end;) *to++ = *from++;
  for (uint32_t *to = &__bss_start; to < &__bss_end;) *to++ = 0;
  for (void (**f)(void) = __init_array_start; f < __init_array_end; f++) (*f)();
  nrf_unlock(0);
  main();
  fault_handler();
}
