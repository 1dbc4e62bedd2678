/**
 * Callables by which a pickle runs code, opens connections or touches files when Python loads it; the kinds that fickling and picklescan
 * name. A checkpoint needs none of them. Whole modules first, then single names of modules that are harmless otherwise. Both under
 * Python 2's names too: protocols up to 2, torch.save's among them, write subprocess as `commands` and functools.reduce as
 * `__builtin__.reduce`, and Python 3 reads them back so (`_compat_pickle` in its standard library).
 */
const MODULES = new Set(
  (
    'os posix nt subprocess commands popen2 pty sys socket ssl shutil tempfile asyncio threading multiprocessing signal ' +
    'runpy importlib imp pkgutil zipimport codeop bdb pdb timeit cProfile pydoc doctest ctypes _ctypes cffi ' +
    'webbrowser http httplib urllib urllib2 socketserver SocketServer BaseHTTPServer xmlrpclib SimpleXMLRPCServer requests aiohttp httpx ftplib smtplib telnetlib xmlrpc paramiko ' +
    'pickle _pickle cPickle dill cloudpickle marshal shelve pip ensurepip venv idlelib lib2to3 ' +
    'torch.hub torch._inductor torch._dynamo torch.testing torch.utils._config_module torch.utils.cpp_extension torch.distributed.rpc'
  ).split(' '),
)
const NAMES = new Set(
  (
    'eval exec execfile compile open file input raw_input __import__ breakpoint globals locals vars setattr delattr apply exit quit reduce'
      .split(' ')
      .flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`])
      .join(' ') +
    ' operator.attrgetter operator.methodcaller types.CodeType types.FunctionType types.LambdaType linecache.getline linecache.updatecache' +
    ' numpy.testing._private.utils.runstring numpy.f2py.crackfortran.getlincoef logging.config.listen site.main _osx_support._read_output' +
    ' code.interact code.InteractiveInterpreter code.InteractiveConsole profile.run profile.Profile trace.Trace' +
    ' io.open _io.open io.open_code _io.open_code io.FileIO _io.FileIO _pyio.open codecs.open' +
    ' torch.load torch.serialization.load torch.jit.load torch.package.package_importer.PackageImporter functools.reduce'
  ).split(' '),
)

/** What such a pickle does, as the middle of a sentence; undefined when it names no unsafe callable. */
export function wouldRun(unsafe: ReadonlySet<string> = new Set()): string | undefined {
  if (unsafe.size === 0) return undefined
  const shown = [...unsafe].slice(0, 4).map((path) => path.slice(0, 100))
  return `would call ${shown.join(', ')}${unsafe.size > 4 ? ' …' : ''} when Python loads it: it runs code`
}

/** What is wrong with a pickle that cannot be read: what it would run first, where it names that. */
export function pickleProblem(problem: string, unsafe: ReadonlySet<string>): string {
  const code = wouldRun(unsafe)
  return code === undefined ? problem : `is a pickle that ${code}, and cannot be read to its end (${problem}); do not load it`
}

/**
 * Modules and attributes on the way to another module's callables: from protocol 4 on a name may hold dots, which Python follows
 * (`torch.serialization` and `os.system`, `builtins` and `eval.__call__`).
 */
const WAYS = new Set(
  'os posix nt subprocess builtins __builtins__ __globals__ __subclasses__ __getattribute__ __import__ __loader__ __dict__'.split(
    ' ',
  ),
)

/** True for a callable that runs code of the pickle's choosing: "posix.system", "builtins.eval". */
export function isUnsafe(path: string): boolean {
  if (NAMES.has(path)) return true
  // No module's name is longer: what follows would be split for nothing.
  const parts = path.slice(0, 200).split('.')
  for (let length = 1; length < parts.length; length++) {
    const start = parts.slice(0, length).join('.')
    if (MODULES.has(start) || NAMES.has(start) || (length > 1 && WAYS.has(parts[length - 1]!))) return true
  }
  return false
}
