/*
 * Registers of nRF52833 and nRF52840 that the drivers use: addresses, bits and values by their names in the product
 * specifications (Nordic Semiconductor, nRF52833 PS v1.5, nRF52840 PS v1.7). A peripheral's interrupt number is its id, bits 12 to 17
 * of its base address. What UART, TIMER and NVMC have here the nRF51822 has too (nRF51 Series Reference Manual v3.0).
 */
#ifndef LIMPET_NRF_REGISTERS_H
#define LIMPET_NRF_REGISTERS_H

#define NRF_PIN(port, number) ((uint32_t)(port) * 32u + (uint32_t)(number))
#define NRF_INTERRUPT(base) (((base) >> 12) & 0x3fu)

/* FICR */
#define FICR_DEVICEID(n) (0x10000060u + 4u * (n))

/* CLOCK, POWER: one base. */
#define CLOCK_TASKS_HFCLKSTART 0x40000000u
#define CLOCK_TASKS_HFCLKSTOP 0x40000004u
#define CLOCK_TASKS_LFCLKSTART 0x40000008u
#define CLOCK_EVENTS_HFCLKSTARTED 0x40000100u
#define CLOCK_HFCLKSTAT 0x4000040cu
#define CLOCK_HFCLKSTAT_RUNNING_XTAL 0x00010001u
#define CLOCK_LFCLKSTAT 0x40000418u
#define CLOCK_LFCLKSTAT_RUNNING (1u << 16)
#define CLOCK_LFCLKSRC 0x40000518u
#define CLOCK_LFCLKSRC_RC 0u
#define CLOCK_TRACECONFIG 0x4000055cu
#define POWER_USBREGSTATUS 0x40000438u
#define POWER_USBREGSTATUS_VBUSDETECT 1u
#define POWER_USBREGSTATUS_OUTPUTRDY 2u
#define POWER_GPREGRET 0x4000051cu

/* GPIO: P0, P1. */
#define GPIO_BASE(pin) ((pin) < 32u ? 0x50000000u : 0x50000300u)
#define GPIO_OUTSET(pin) (GPIO_BASE(pin) + 0x508u)
#define GPIO_OUTCLR(pin) (GPIO_BASE(pin) + 0x50cu)
#define GPIO_LATCH(pin) (GPIO_BASE(pin) + 0x520u)
#define GPIO_PIN_CNF(pin) (GPIO_BASE(pin) + 0x700u + 4u * ((pin) & 31u))
#define GPIO_PIN_CNF_INPUT 0x0u
#define GPIO_PIN_CNF_OUTPUT 0x3u
#define GPIO_PIN_CNF_DISCONNECTED 0x2u
#define GPIO_PIN_CNF_PULLUP 0xcu
/* The pin's bit in LATCH is set when it goes low. */
#define GPIO_PIN_CNF_SENSE_LOW (3u << 16)
/* Drive: standard 0, high drive 1 (H0H1), standard 0 and disconnected 1 (S0D1, as an I2C line wants it). */
#define GPIO_PIN_CNF_H0H1 (3u << 8)
#define GPIO_PIN_CNF_S0D1 (6u << 8)

/* UART0 (the one without EasyDMA). */
#define UART0_BASE 0x40002000u
#define UART_TASKS_STARTRX (UART0_BASE + 0x000u)
#define UART_TASKS_STOPRX (UART0_BASE + 0x004u)
#define UART_TASKS_STOPTX (UART0_BASE + 0x00cu)
#define UART_TASKS_STARTTX (UART0_BASE + 0x008u)
#define UART_EVENTS_RXDRDY (UART0_BASE + 0x108u)
#define UART_EVENTS_TXDRDY (UART0_BASE + 0x11cu)
#define UART_EVENTS_ERROR (UART0_BASE + 0x124u)
#define UART_INTENSET (UART0_BASE + 0x304u)
#define UART_INTENCLR (UART0_BASE + 0x308u)
#define UART_INT_RXDRDY (1u << 2)
#define UART_INT_TXDRDY (1u << 7)
#define UART_INT_ERROR (1u << 9)
#define UART_ERRORSRC (UART0_BASE + 0x480u)
#define UART_ENABLE (UART0_BASE + 0x500u)
#define UART_ENABLE_ENABLED 4u
#define UART_PSELTXD (UART0_BASE + 0x50cu)
#define UART_PSELRXD (UART0_BASE + 0x514u)
#define UART_RXD (UART0_BASE + 0x518u)
#define UART_TXD (UART0_BASE + 0x51cu)
#define UART_BAUDRATE (UART0_BASE + 0x524u)
#define UART_BAUDRATE_115200 0x01d7e000u
#define UART_CONFIG (UART0_BASE + 0x56cu)

/* TWIM0 */
#define TWIM0_BASE 0x40003000u
#define TWIM_TASKS_STARTRX (TWIM0_BASE + 0x000u)
#define TWIM_TASKS_STARTTX (TWIM0_BASE + 0x008u)
#define TWIM_TASKS_STOP (TWIM0_BASE + 0x014u)
#define TWIM_EVENTS_STOPPED (TWIM0_BASE + 0x104u)
#define TWIM_EVENTS_ERROR (TWIM0_BASE + 0x124u)
#define TWIM_SHORTS (TWIM0_BASE + 0x200u)
#define TWIM_SHORTS_LASTTX_STARTRX (1u << 7)
#define TWIM_SHORTS_LASTTX_STOP (1u << 9)
#define TWIM_SHORTS_LASTRX_STOP (1u << 12)
#define TWIM_INTENSET (TWIM0_BASE + 0x304u)
#define TWIM_INTENCLR (TWIM0_BASE + 0x308u)
#define TWIM_INT_STOPPED (1u << 1)
#define TWIM_INT_ERROR (1u << 9)
#define TWIM_ERRORSRC (TWIM0_BASE + 0x4c4u)
#define TWIM_ENABLE (TWIM0_BASE + 0x500u)
#define TWIM_ENABLE_ENABLED 6u
#define TWIM_PSEL_SCL (TWIM0_BASE + 0x508u)
#define TWIM_PSEL_SDA (TWIM0_BASE + 0x50cu)
#define TWIM_FREQUENCY (TWIM0_BASE + 0x524u)
/* 390 kHz: at the nominal 400 kHz the low time of SCL is shorter than I2C allows (nRF52840 errata, 219). */
#define TWIM_FREQUENCY_K390 0x06200000u
#define TWIM_RXD_PTR (TWIM0_BASE + 0x534u)
#define TWIM_RXD_MAXCNT (TWIM0_BASE + 0x538u)
#define TWIM_RXD_AMOUNT (TWIM0_BASE + 0x53cu)
#define TWIM_TXD_PTR (TWIM0_BASE + 0x544u)
#define TWIM_TXD_MAXCNT (TWIM0_BASE + 0x548u)
#define TWIM_TXD_AMOUNT (TWIM0_BASE + 0x54cu)
#define TWIM_ADDRESS (TWIM0_BASE + 0x588u)

/* SAADC */
#define SAADC_BASE 0x40007000u
#define SAADC_TASKS_START (SAADC_BASE + 0x000u)
#define SAADC_TASKS_SAMPLE (SAADC_BASE + 0x004u)
#define SAADC_TASKS_STOP (SAADC_BASE + 0x008u)
#define SAADC_EVENTS_STARTED (SAADC_BASE + 0x100u)
#define SAADC_EVENTS_END (SAADC_BASE + 0x104u)
#define SAADC_EVENTS_STOPPED (SAADC_BASE + 0x114u)
#define SAADC_INTENSET (SAADC_BASE + 0x304u)
#define SAADC_INTENCLR (SAADC_BASE + 0x308u)
#define SAADC_INT_STARTED (1u << 0)
#define SAADC_INT_END (1u << 1)
#define SAADC_ENABLE (SAADC_BASE + 0x500u)
#define SAADC_CH0_PSELP (SAADC_BASE + 0x510u)
#define SAADC_CH0_PSELN (SAADC_BASE + 0x514u)
#define SAADC_CH0_CONFIG (SAADC_BASE + 0x518u)
#define SAADC_CONFIG_GAIN4 (7u << 8)
#define SAADC_CONFIG_REFSEL_VDD1_4 (1u << 12)
#define SAADC_CONFIG_TACQ_3US (0u << 16)
#define SAADC_RESOLUTION (SAADC_BASE + 0x5f0u)
#define SAADC_RESOLUTION_14BIT 3u
#define SAADC_OVERSAMPLE (SAADC_BASE + 0x5f4u)
#define SAADC_SAMPLERATE (SAADC_BASE + 0x5f8u)
#define SAADC_RESULT_PTR (SAADC_BASE + 0x62cu)
#define SAADC_RESULT_MAXCNT (SAADC_BASE + 0x630u)

/* TIMER0 to TIMER2 */
#define TIMER_BASE(n) (0x40008000u + 0x1000u * (n))
#define TIMER_TASKS_START(n) (TIMER_BASE(n) + 0x000u)
#define TIMER_TASKS_STOP(n) (TIMER_BASE(n) + 0x004u)
#define TIMER_TASKS_CLEAR(n) (TIMER_BASE(n) + 0x00cu)
/* Deprecated, and without it some revisions go on taking current. The counter is cleared. */
#define TIMER_TASKS_SHUTDOWN(n) (TIMER_BASE(n) + 0x010u)
#define TIMER_TASKS_CAPTURE(n, i) (TIMER_BASE(n) + 0x040u + 4u * (i))
#define TIMER_EVENTS_COMPARE(n, i) (TIMER_BASE(n) + 0x140u + 4u * (i))
#define TIMER_SHORTS(n) (TIMER_BASE(n) + 0x200u)
#define TIMER_SHORTS_COMPARE0_CLEAR 1u
#define TIMER_INTENSET(n) (TIMER_BASE(n) + 0x304u)
#define TIMER_INTENCLR(n) (TIMER_BASE(n) + 0x308u)
#define TIMER_INT_COMPARE0 (1u << 16)
#define TIMER_MODE(n) (TIMER_BASE(n) + 0x504u)
#define TIMER_BITMODE(n) (TIMER_BASE(n) + 0x508u)
#define TIMER_BITMODE_32 3u
#define TIMER_PRESCALER(n) (TIMER_BASE(n) + 0x510u)
#define TIMER_CC(n, i) (TIMER_BASE(n) + 0x540u + 4u * (i))

/* RTC1: counts the clock of low frequency, 32,768 Hz, in 24 bits. */
#define RTC1_BASE 0x40011000u
#define RTC_TASKS_START (RTC1_BASE + 0x000u)
#define RTC_EVENTS_COMPARE0 (RTC1_BASE + 0x140u)
#define RTC_INTENSET (RTC1_BASE + 0x304u)
#define RTC_INT_COMPARE0 (1u << 16)
#define RTC_COUNTER (RTC1_BASE + 0x504u)
#define RTC_COUNTER_MASK 0xffffffu
#define RTC_PRESCALER (RTC1_BASE + 0x508u)
#define RTC_CC0 (RTC1_BASE + 0x540u)

/* PDM */
#define PDM_BASE 0x4001d000u
#define PDM_TASKS_START (PDM_BASE + 0x000u)
#define PDM_TASKS_STOP (PDM_BASE + 0x004u)
#define PDM_EVENTS_STARTED (PDM_BASE + 0x100u)
#define PDM_EVENTS_STOPPED (PDM_BASE + 0x104u)
#define PDM_EVENTS_END (PDM_BASE + 0x108u)
#define PDM_INTENSET (PDM_BASE + 0x304u)
#define PDM_INTENCLR (PDM_BASE + 0x308u)
#define PDM_INT_STARTED (1u << 0)
#define PDM_INT_END (1u << 2)
#define PDM_ENABLE (PDM_BASE + 0x500u)
#define PDM_PDMCLKCTRL (PDM_BASE + 0x504u)
#define PDM_PDMCLKCTRL_1280K 0x0a000000u
#define PDM_MODE (PDM_BASE + 0x508u)
#define PDM_MODE_MONO_LEFTFALLING 1u
#define PDM_GAINL (PDM_BASE + 0x518u)
#define PDM_GAINR (PDM_BASE + 0x51cu)
/* Half decibels, 0x28 is 0 dB. */
#define PDM_GAIN_0DB 0x28u
#define PDM_RATIO (PDM_BASE + 0x520u)
#define PDM_RATIO_80 1u
#define PDM_PSEL_CLK (PDM_BASE + 0x540u)
#define PDM_PSEL_DIN (PDM_BASE + 0x544u)
#define PDM_SAMPLE_PTR (PDM_BASE + 0x560u)
#define PDM_SAMPLE_MAXCNT (PDM_BASE + 0x564u)

/* NVMC */
#define NVMC_BASE 0x4001e000u
#define NVMC_READY (NVMC_BASE + 0x400u)
#define NVMC_CONFIG (NVMC_BASE + 0x504u)
#define NVMC_CONFIG_REN 0u
#define NVMC_CONFIG_WEN 1u
#define NVMC_CONFIG_EEN 2u
#define NVMC_ERASEPAGE (NVMC_BASE + 0x508u)
#define NVMC_ICACHECNF (NVMC_BASE + 0x540u)

/* PPI */
#define PPI_CHENSET 0x4001f504u
#define PPI_CHENCLR 0x4001f508u
#define PPI_EEP(n) (0x4001f510u + 8u * (n))
#define PPI_TEP(n) (0x4001f514u + 8u * (n))

/* USBD (nRF52833 and nRF52840; endpoints 0 to 7). */
#define USBD_BASE 0x40027000u
#define USBD_TASKS_STARTEPIN(n) (USBD_BASE + 0x004u + 4u * (n))
#define USBD_TASKS_STARTEPOUT(n) (USBD_BASE + 0x028u + 4u * (n))
#define USBD_TASKS_EP0RCVOUT (USBD_BASE + 0x04cu)
#define USBD_TASKS_EP0STATUS (USBD_BASE + 0x050u)
#define USBD_TASKS_EP0STALL (USBD_BASE + 0x054u)
#define USBD_EVENTS_USBRESET (USBD_BASE + 0x100u)
#define USBD_EVENTS_ENDEPIN(n) (USBD_BASE + 0x108u + 4u * (n))
#define USBD_EVENTS_EP0DATADONE (USBD_BASE + 0x128u)
#define USBD_EVENTS_ENDEPOUT(n) (USBD_BASE + 0x130u + 4u * (n))
#define USBD_EVENTS_USBEVENT (USBD_BASE + 0x158u)
#define USBD_EVENTS_EP0SETUP (USBD_BASE + 0x15cu)
#define USBD_EVENTS_EPDATA (USBD_BASE + 0x160u)
#define USBD_INTENSET (USBD_BASE + 0x304u)
#define USBD_INTENCLR (USBD_BASE + 0x308u)
#define USBD_INT_USBRESET (1u << 0)
#define USBD_INT_EP0DATADONE (1u << 10)
#define USBD_INT_EP0SETUP (1u << 23)
#define USBD_INT_EPDATA (1u << 24)
#define USBD_EVENTCAUSE (USBD_BASE + 0x400u)
#define USBD_EVENTCAUSE_READY (1u << 11)
#define USBD_HALTED_EPIN(n) (USBD_BASE + 0x420u + 4u * (n))
#define USBD_HALTED_EPOUT(n) (USBD_BASE + 0x444u + 4u * (n))
#define USBD_EPDATASTATUS (USBD_BASE + 0x46cu)
#define USBD_BMREQUESTTYPE (USBD_BASE + 0x480u)
#define USBD_BREQUEST (USBD_BASE + 0x484u)
#define USBD_WVALUEL (USBD_BASE + 0x488u)
#define USBD_WVALUEH (USBD_BASE + 0x48cu)
#define USBD_WINDEXL (USBD_BASE + 0x490u)
#define USBD_WINDEXH (USBD_BASE + 0x494u)
#define USBD_WLENGTHL (USBD_BASE + 0x498u)
#define USBD_WLENGTHH (USBD_BASE + 0x49cu)
#define USBD_SIZE_EPOUT(n) (USBD_BASE + 0x4a0u + 4u * (n))
#define USBD_ENABLE (USBD_BASE + 0x500u)
#define USBD_USBPULLUP (USBD_BASE + 0x504u)
#define USBD_DTOGGLE (USBD_BASE + 0x50cu)
#define USBD_DTOGGLE_DATA0 (1u << 8)
#define USBD_EPINEN (USBD_BASE + 0x510u)
#define USBD_EPOUTEN (USBD_BASE + 0x514u)
#define USBD_EPSTALL (USBD_BASE + 0x518u)
#define USBD_EPSTALL_STALL (1u << 8)
/* Of DTOGGLE and EPSTALL: an IN endpoint. */
#define USBD_IO_IN (1u << 7)
#define USBD_EPIN_PTR(n) (USBD_BASE + 0x600u + 0x14u * (n))
#define USBD_EPIN_MAXCNT(n) (USBD_BASE + 0x604u + 0x14u * (n))
#define USBD_EPOUT_PTR(n) (USBD_BASE + 0x700u + 0x14u * (n))
#define USBD_EPOUT_MAXCNT(n) (USBD_BASE + 0x704u + 0x14u * (n))
#define USBD_EPOUT_AMOUNT(n) (USBD_BASE + 0x708u + 0x14u * (n))
/* Not in the product specification; in the errata of the nRF52840: 187 and 171 (enabling), 199 (tasks during DMA). */
#define USBD_ERRATA_UNLOCK 0x4006ec00u
#define USBD_ERRATA_UNLOCK_KEY 0x00009375u
#define USBD_ERRATA_171 0x4006ec14u
#define USBD_ERRATA_187 0x4006ed14u
#define USBD_ERRATA_199 0x40027c1cu

/* The processor's own (ARMv7-M Architecture Reference Manual, B3.2 and C1.6). */
#define NVIC_ISER(interrupt) (0xe000e100u + 4u * ((interrupt) / 32u))
#define NVIC_ICER(n) (0xe000e180u + 4u * (n))
#define NVIC_ICPR(n) (0xe000e280u + 4u * (n))
#define NVIC_IPR(interrupt) (0xe000e400u + 4u * ((interrupt) / 4u))
#define SCB_VTOR 0xe000ed08u
#define SCB_AIRCR 0xe000ed0cu
#define SCB_AIRCR_SYSRESETREQ 0x05fa0004u
#define SCB_CPACR 0xe000ed88u
#define DEMCR 0xe000edfcu
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL 0xe0001000u
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CYCCNT 0xe0001004u

#endif
