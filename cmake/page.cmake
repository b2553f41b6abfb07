# page.c takes the web page's files into the program, as they are and compressed, and knows each by
# its hash. They are built from dashboard/ by npm and kept in git (docs/decisions), so that this
# build needs no npm.
find_program(GZIP gzip REQUIRED)
set(page_dir ${CMAKE_SOURCE_DIR}/node/http/page)
set(page_packed_dir ${CMAKE_BINARY_DIR}/page)
set(page_files index.html app.js app.css icon.svg icon-192.png icon-512.png
	icon-maskable.png manifest.webmanifest)
file(MAKE_DIRECTORY ${page_packed_dir})

set(page_definitions PAGE_DIR="${page_dir}" PAGE_PACKED_DIR="${page_packed_dir}")
set(page_depends)
foreach(name ${page_files})
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page_dir}/${name})
	file(SHA256 ${page_dir}/${name} hash)
	string(SUBSTRING ${hash} 0 16 hash)
	string(MAKE_C_IDENTIFIER ${name} word)
	list(APPEND page_definitions page_${word}_hash="${hash}")
	add_custom_command(OUTPUT ${page_packed_dir}/${name}.gz
		COMMAND ${GZIP} -9nc ${page_dir}/${name} > ${page_packed_dir}/${name}.gz
		DEPENDS ${page_dir}/${name} VERBATIM)
	list(APPEND page_depends ${page_dir}/${name} ${page_packed_dir}/${name}.gz)
endforeach()
set_source_files_properties(node/http/page.c PROPERTIES
	COMPILE_DEFINITIONS "${page_definitions}" OBJECT_DEPENDS "${page_depends}")
