# Installs the service of systemd, with the path that the program is installed at, and its user.
set(CAMNODE_SYSTEMD_UNIT_DIR lib/systemd/system CACHE STRING
	"Where the service is installed; relative to the prefix or absolute")

# Only then it is certain: cmake --install has an option for the prefix.
install(CODE "
	file(READ ${CMAKE_SOURCE_DIR}/deploy/systemd/camnode.service text)
	string(REPLACE /usr/bin/camnode \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/camnode text \"\${text}\")
	file(WRITE ${CMAKE_BINARY_DIR}/camnode.service \"\${text}\")")
install(FILES ${CMAKE_BINARY_DIR}/camnode.service DESTINATION ${CAMNODE_SYSTEMD_UNIT_DIR})
install(FILES deploy/systemd/camnode.sysusers DESTINATION lib/sysusers.d RENAME camnode.conf)
install(FILES deploy/systemd/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME systemd.md)
