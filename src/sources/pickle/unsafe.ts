/**
 * Callables by which a pickle runs code, opens connections or touches files when Python loads it; the kinds that fickling and picklescan
 * name. A checkpoint needs none of them. Whole modules first, then single names of modules that are harmless otherwise.
 */
const MODULES = new Set(
  (
    'os posix nt subprocess popen2 pty sys socket ssl shutil tempfile asyncio threading multiprocessing signal ' +
    'runpy importlib imp pkgutil zipimport codeop bdb pdb timeit cProfile pydoc doctest ctypes _ctypes cffi ' +
    'webbrowser http httplib urllib urllib2 requests aiohttp httpx ftplib smtplib telnetlib xmlrpc paramiko ' +
    'pickle _pickle cPickle dill cloudpickle marshal shelve pip ensurepip venv idlelib lib2to3 ' +
    'torch.hub torch._inductor torch._dynamo torch.testing torch.utils._config_module torch.utils.cpp_extension torch.distributed.rpc'
  ).split(' '),
)
const NAMES = new Set(
  (
    'eval exec execfile compile open file input raw_input __import__ breakpoint globals locals vars setattr delattr apply exit quit'
      .split(' ')
      .flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`])
      .join(' ') +
    ' operator.attrgetter operator.methodcaller types.CodeType types.FunctionType types.LambdaType linecache.getline linecache.updatecache' +
    ' numpy.testing._private.utils.runstring numpy.f2py.crackfortran.getlincoef logging.config.listen site.main _osx_support._read_output' +
    ' code.interact code.InteractiveInterpreter code.InteractiveConsole profile.run profile.Profile trace.Trace commands.getoutput' +
    ' torch.load torch.serialization.load torch.jit.load torch.package.package_importer.PackageImporter functools.reduce'
  ).split(' '),
)

/** True for a callable that runs code of the pickle's choosing: "posix.system", "builtins.eval". */
export function isUnsafe(path: string): boolean {
  if (NAMES.has(path)) return true
  // No module's name is longer: what follows would be split for nothing.
  const parts = path.slice(0, 200).split('.')
  for (let length = 1; length < parts.length; length++) if (MODULES.has(parts.slice(0, length).join('.'))) return true
  return false
}
