package org.octothorpe.io;

import java.util.Set;

/**
 * The functions of Python whose call in a pickle is an attack: they run programs or code, or reach
 * files and networks. Nothing of a pickle is called here, so none does harm; a file that asks for
 * one is refused because it would where Python loads it.
 */
final class HarmfulGlobals {
  /** With all that is under them. */
  private static final Set<String> PACKAGES =
      Set.of(
          "os",
          "importlib",
          "ctypes",
          "http",
          "urllib",
          "requests",
          "multiprocessing",
          "asyncio",
          "pip",
          "xmlrpc");

  private static final Set<String> MODULES =
      Set.of(
          "posix",
          "nt",
          "subprocess",
          "pty",
          "sys",
          "runpy",
          "imp",
          "shutil",
          "socket",
          "webbrowser",
          "code",
          "codeop",
          "commands",
          "popen2",
          "pdb",
          "bdb",
          "timeit",
          "cProfile",
          "profile",
          "trace",
          "pickle",
          "_pickle",
          "cPickle",
          "marshal",
          "urllib2",
          "ftplib",
          "smtplib",
          "telnetlib",
          "_thread",
          "pydoc",
          "doctest",
          "zipimport");
  private static final Set<String> BUILTIN_MODULES = Set.of("builtins", "__builtin__");
  private static final Set<String> BUILTINS =
      Set.of(
          "eval",
          "exec",
          "execfile",
          "compile",
          "open",
          "file",
          "__import__",
          "input",
          "raw_input",
          "breakpoint",
          "apply",
          "globals",
          "delattr",
          "setattr",
          "exit",
          "quit",
          "help");
  private static final Set<String> FUNCTIONS =
      Set.of(
          "io.open",
          "_io.open",
          "io.FileIO",
          "_io.FileIO",
          "io.open_code",
          "_io.open_code",
          "torch.load",
          "torch.serialization.load",
          "torch.jit.load",
          "numpy.load",
          "joblib.load",
          "operator.attrgetter",
          "operator.methodcaller",
          "_operator.attrgetter",
          "_operator.methodcaller");

  private HarmfulGlobals() {}

  /** Returns whether the name is one of them; a module stands for those under it too. */
  static boolean contains(String module, String name) {
    int dot = module.indexOf('.');
    return MODULES.contains(module)
        || PACKAGES.contains(dot < 0 ? module : module.substring(0, dot))
        || (BUILTIN_MODULES.contains(module) && BUILTINS.contains(name.split("[.]", 2)[0]))
        || FUNCTIONS.contains(module + "." + name);
  }
}
