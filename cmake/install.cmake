# Installs the headers, a CMake package and a pkg-config file, and pop3::compiled if POP3_COMPILED says so. The prefix can be
# moved afterwards.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The headers do not depend on the machine, hence share/ and not lib/.
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/pop3)
set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)
set(on_any_machine ARCH_INDEPENDENT)

install(TARGETS pop3 EXPORT pop3Targets FILE_SET HEADERS FILE_SET definitions)
if(POP3_COMPILED)
  set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pop3)
  set(on_any_machine "")
  install(TARGETS pop3_compiled EXPORT pop3Targets)
endif()
install(EXPORT pop3Targets NAMESPACE pop3:: DESTINATION ${package_dir})

configure_file(cmake/pop3Config.cmake.in pop3Config.cmake @ONLY)
# Before 1.0 a minor version may break programs.
write_basic_package_version_file(pop3ConfigVersion.cmake COMPATIBILITY SameMinorVersion ${on_any_machine})
install(FILES
  ${PROJECT_BINARY_DIR}/pop3Config.cmake
  ${PROJECT_BINARY_DIR}/pop3ConfigVersion.cmake
  cmake/Findasio.cmake
  DESTINATION ${package_dir})

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

file(RELATIVE_PATH include_from_pkgconfig
  "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
# Asio has no pkg-config file everywhere, so ours names its folder where the compiler does not look by itself.
set(asio_cflags "")
if(NOT asio_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
  set(asio_cflags " -I${asio_INCLUDE_DIR}")
endif()
configure_file(cmake/pop3.pc.in pop3.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pop3.pc DESTINATION ${pkgconfig_dir})
if(POP3_COMPILED)
  file(RELATIVE_PATH lib_from_pkgconfig
    "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_FULL_LIBDIR}")
  configure_file(cmake/pop3-compiled.pc.in pop3-compiled.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/pop3-compiled.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
