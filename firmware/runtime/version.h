/* Version of the firmware as people see it. */
#ifndef LIMPET_VERSION_H
#define LIMPET_VERSION_H

#ifndef LIMPET_FIRMWARE_VERSION
#define LIMPET_FIRMWARE_VERSION "0.1.0"
#endif

#define LIMPET_PACKAGE_VERSION 1

/* Of the front end (firmware/frontend); the same value on the laptop's side comes from the twin. */
uint16_t pipeline_frontend_version(void);

#endif
