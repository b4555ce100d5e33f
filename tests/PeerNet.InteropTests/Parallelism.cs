using Microsoft.VisualStudio.TestTools.UnitTesting;

// A scenario is two to a dozen processes: four at once fill two cores without starving any deadline.
[assembly: Parallelize(Workers = 4, Scope = ExecutionScope.MethodLevel)]
