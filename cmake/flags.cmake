# Compiler flags shared by every target of the project.
set(CMAKE_C_STANDARD 17)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# What tells builds between two releases apart, as in 0.1.0~git20261126214800.6034135.
set(CAMNODE_BUILD "" CACHE STRING "Added to the version that the node tells, e.g. ~git20261126214800.6034135")

add_library(camnode_flags INTERFACE)
target_compile_definitions(camnode_flags INTERFACE
	_GNU_SOURCE CAMNODE_VERSION="${PROJECT_VERSION}${CAMNODE_BUILD}")
target_compile_options(camnode_flags INTERFACE
	-Wall -Wextra -Wshadow -Wpointer-arith -Wundef -Wformat=2 -Wvla -Wno-unused-parameter
	-Wno-missing-field-initializers
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>
	-fstack-protector-strong -fno-common)
if(CAMNODE_WERROR)
	target_compile_options(camnode_flags INTERFACE -Werror)
endif()
if(CAMNODE_SANITIZE)
	add_compile_options(-fsanitize=${CAMNODE_SANITIZE} -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${CAMNODE_SANITIZE})
	if(CAMNODE_SANITIZE MATCHES undefined)
		add_compile_options(-fno-sanitize-recover=undefined)
	endif()
endif()
if(CAMNODE_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
	add_link_options(-fsanitize=fuzzer-no-link)
endif()
