# WebAssembly by clang with wasi-libc, as the Debian packages install them. WASI_SYSROOT names another place.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang)
set(CMAKE_CXX_COMPILER clang++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(WASI_SYSROOT "/usr" CACHE PATH "")
set(CMAKE_C_FLAGS_INIT "--target=wasm32-wasi --sysroot=${WASI_SYSROOT}")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
