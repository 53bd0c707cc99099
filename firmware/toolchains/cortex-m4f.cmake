# Cortex-M4 with single-precision floating-point unit, by GNU's compiler for Arm.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# Enumerations as wide as in WebAssembly, so that an arena takes the same bytes there; the C library takes none of ours.
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -fno-short-enums")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--no-enum-size-warning")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -fno-use-cxa-atexit")
